#include "jobs/hdf5_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include "jobs/file_system.hpp"
#include "jobs/results_schema.hpp"

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace engram::hdf5 {
namespace {

/// A file of the driver: raw data and metadata go to the file until a write fails. From then on raw
/// data is dropped, and metadata is kept in pages in memory, since HDF5 reads it again while it
/// closes the file.
struct DriverFile : H5FD_t {
  static constexpr haddr_t page_size = 4096;
  using Page = std::array<std::byte, page_size>;

  FileDescriptor file;
  haddr_t end_allocated = 0;
  haddr_t end = 0;
  int* errno_value = nullptr;
  std::map<haddr_t, Page> pages;

  bool failed() const { return *errno_value != 0; }

  void read_file(haddr_t address, std::byte* data, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
      auto const n =
          ::pread(file.get(), data + done, size - done, static_cast<off_t>(address + done));
      if (n <= 0 && !(n < 0 && errno == EINTR)) break;
      if (n > 0) done += static_cast<std::size_t>(n);
    }
    std::memset(data + done, 0, size - done);
  }

  /// Calls copy(page, offset in page, offset in range, size) for the pages of a range.
  template <class Copy>
  static void for_pages(haddr_t address, std::size_t size, Copy const& copy) {
    for (std::size_t done = 0; done < size;) {
      haddr_t const offset = (address + done) % page_size;
      auto const piece = std::min<std::size_t>(page_size - offset, size - done);
      copy((address + done) / page_size, offset, done, piece);
      done += piece;
    }
  }

  void read(haddr_t address, std::byte* data, std::size_t size) {
    read_file(address, data, size);
    if (pages.empty()) return;
    for_pages(address, size, [&](haddr_t page, haddr_t offset, std::size_t at, std::size_t n) {
      auto const found = pages.find(page);
      if (found != pages.end()) std::memcpy(data + at, found->second.data() + offset, n);
    });
  }

  void keep(haddr_t address, std::byte const* data, std::size_t size) {
    for_pages(address, size, [&](haddr_t page, haddr_t offset, std::size_t at, std::size_t n) {
      auto const [found, is_new] = pages.try_emplace(page);
      if (is_new) read_file(page * page_size, found->second.data(), page_size);
      std::memcpy(found->second.data() + offset, data + at, n);
    });
  }

  void write(H5FD_mem_t type, haddr_t address, std::byte const* data, std::size_t size) {
    end = std::max(end, address + size);
    std::size_t done = 0;
    while (!failed() && done < size) {
      auto const n =
          ::pwrite(file.get(), data + done, size - done, static_cast<off_t>(address + done));
      if (n < 0 && errno != EINTR) *errno_value = errno;
      if (n > 0) done += static_cast<std::size_t>(n);
    }
    if (failed() && type != H5FD_MEM_DRAW) keep(address, data, size);
  }
};

DriverFile& self(H5FD_t* file) {
  return *static_cast<DriverFile*>(file);
}
DriverFile const& self(H5FD_t const* file) {
  return *static_cast<DriverFile const*>(file);
}

H5FD_t* driver_open(char const* name, unsigned, hid_t access, haddr_t) {
  auto const* const info = static_cast<int* const*>(H5Pget_driver_info(access));
  if (!info) return nullptr;
  FileDescriptor file(::open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) {
    **info = errno;
    return nullptr;
  }
  auto* const result = new DriverFile{};
  result->file = std::move(file);
  result->errno_value = *info;
  return result;
}

herr_t driver_close(H5FD_t* file) {
  delete &self(file);
  return 0;
}

int driver_compare(H5FD_t const* a, H5FD_t const* b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

herr_t driver_query(H5FD_t const*, unsigned long* flags) {
  if (flags) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
  }
  return 0;
}

haddr_t driver_get_eoa(H5FD_t const* file, H5FD_mem_t) {
  return self(file).end_allocated;
}

herr_t driver_set_eoa(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  self(file).end_allocated = address;
  return 0;
}

haddr_t driver_get_eof(H5FD_t const* file, H5FD_mem_t) {
  return self(file).end;
}

herr_t driver_read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* data) {
  self(file).read(address, static_cast<std::byte*>(data), size);
  return 0;
}

herr_t driver_write(H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t address, std::size_t size,
                    void const* data) {
  self(file).write(type, address, static_cast<std::byte const*>(data), size);
  return 0;
}

herr_t driver_truncate(H5FD_t* file, hid_t, hbool_t) {
  auto& me = self(file);
  if (!me.failed() && me.end != me.end_allocated &&
      ::ftruncate(me.file.get(), static_cast<off_t>(me.end_allocated)) != 0) {
    *me.errno_value = errno;
  }
  me.end = me.end_allocated;
  return 0;
}

H5FD_class_t driver_class() {
  H5FD_class_t driver = {};
#if H5_VERSION_GE(1, 13, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(300);  // 256 to 511 are for private use
#endif
  driver.name = "engram_output";
  driver.maxaddr = (haddr_t(1) << 62);
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(int*);
  driver.open = driver_open;
  driver.close = driver_close;
  driver.cmp = driver_compare;
  driver.query = driver_query;
  driver.get_eoa = driver_get_eoa;
  driver.set_eoa = driver_set_eoa;
  driver.get_eof = driver_get_eof;
  driver.read = driver_read;
  driver.write = driver_write;
  driver.truncate = driver_truncate;
  H5FD_mem_t const map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(map), std::end(map), std::begin(driver.fl_map));
  return driver;
}

hid_t driver_id() {
  static H5FD_class_t const driver = driver_class();
  static hid_t const id = check(H5FDregister(&driver));
  return id;
}

[[noreturn]] void throw_errno(int errno_value) {
  throw Error(std::generic_category().message(errno_value), errno_value);
}

}  // namespace

OutputFile::OutputFile(std::filesystem::path const& path) : errno_value_(new int(0)) {
  PropertyList const creation(H5Pcreate(H5P_FILE_CREATE));
  check(H5Pset_obj_track_times(creation.get(), false));
  check(H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
  PropertyList const access(H5Pcreate(H5P_FILE_ACCESS));
  check(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG));
  int* const info = errno_value_.get();
  check(H5Pset_driver(access.get(), driver_id(), &info));
  auto const id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get());
  if (*errno_value_ != 0) {
    H5Eclear2(H5E_DEFAULT);
    if (id >= 0) H5Fclose(id);
    throw_errno(*errno_value_);
  }
  file_ = File(id);
}

OutputFile::~OutputFile() = default;

void OutputFile::check_writes() const {
  if (*errno_value_ != 0) throw_errno(*errno_value_);
}

void OutputFile::close() {
  file_.close();
  check_writes();
}

void write_file(std::filesystem::path const& path,
                std::function<void(OutputFile const&)> const& fill) {
  auto const temporary = temporary_path(path);
  try {
    Session const session;
    OutputFile file(temporary);
    fill(file);
    file.close();
    publish_file(temporary, path);
  } catch (Error const& error) {
    ::unlink(temporary.c_str());
    if (error.errno_value() != 0) throw_storage_error("write", path, error.errno_value());
    throw StorageError("cannot write " + path.string() + ": " + error.what());
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace engram::hdf5
