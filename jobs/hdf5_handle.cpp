#include "jobs/hdf5_handle.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <system_error>

#include "experiments/experiment.hpp"

namespace engram::hdf5 {
namespace {

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

/// HDF5 puts the number into its sentence: "… errno = 28, error message = '…' …".
int errno_in(std::string const& text) {
  static constexpr std::string_view key = "errno = ";
  auto const position = text.find(key);
  return position == std::string::npos ? 0 : std::atoi(text.c_str() + position + key.size());
}

herr_t take_description(unsigned, H5E_error2_t const* error, void* text) {
  *static_cast<std::string*>(text) = error->desc ? error->desc : "";
  return 1;
}

PropertyList access_list() {
  PropertyList list(H5Pcreate(H5P_FILE_ACCESS));
  check(H5Pset_fclose_degree(list.get(), H5F_CLOSE_STRONG));
#if H5_VERSION_GE(1, 10, 7)
  check(H5Pset_file_locking(list.get(), false, true));
#endif
  return list;
}

PropertyList utf8_links() {
  PropertyList list(H5Pcreate(H5P_LINK_CREATE));
  check(H5Pset_char_encoding(list.get(), H5T_CSET_UTF8));
  return list;
}

Type variable_text_type() {
  Type type(H5Tcopy(H5T_C_S1));
  check(H5Tset_size(type.get(), H5T_VARIABLE));
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8));
  return type;
}

Space range(Dataset const& dataset, hsize_t first, hsize_t count) {
  Space space(H5Dget_space(dataset.get()));
  check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, &first, nullptr, &count, nullptr));
  return space;
}

void write_scalar(hid_t object, std::string const& name, hid_t type, void const* value) {
  Space const space(H5Screate(H5S_SCALAR));
  Attribute attribute(
      H5Acreate2(object, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT));
  check(H5Awrite(attribute.get(), type, value));
  attribute.close();
}

herr_t add_link_name(hid_t, char const* name, H5L_info_t const*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

herr_t add_attribute_name(hid_t, char const* name, H5A_info_t const*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

struct FreeHdf5 {
  void operator()(char* text) const { H5free_memory(text); }
};

}  // namespace

Error last_error() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_description, &text);
  H5Eclear2(H5E_DEFAULT);
  int const number = errno_in(text);
  if (number != 0) text = std::generic_category().message(number);
  return Error(text.empty() ? "HDF5 gives no reason" : text, number);
}

Session::Session() : lock_(library_mutex()) {
  H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Session::~Session() {
  H5Eset_auto2(H5E_DEFAULT, function_, data_);
}

File open_file(std::filesystem::path const& path) {
  auto const access = access_list();
  return File(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()));
}

Group create_group(hid_t parent, std::string const& name) {
  PropertyList list(H5Pcreate(H5P_GROUP_CREATE));
  check(H5Pset_obj_track_times(list.get(), false));
  check(H5Pset_link_creation_order(list.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
  auto const links = utf8_links();
  return Group(H5Gcreate2(parent, name.c_str(), links.get(), list.get(), H5P_DEFAULT));
}

Group open_group(hid_t parent, std::string const& name) {
  return Group(H5Gopen2(parent, name.c_str(), H5P_DEFAULT));
}

bool has_link(hid_t parent, std::string const& name) {
  return check(H5Lexists(parent, name.c_str(), H5P_DEFAULT)) > 0;
}

std::vector<std::string> link_names(hid_t group) {
  std::vector<std::string> names;
  PropertyList const list(H5Gget_create_plist(group));
  unsigned flags = 0;
  check(H5Pget_link_creation_order(list.get(), &flags));
  auto const index = (flags & H5P_CRT_ORDER_TRACKED) ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  check(H5Literate(group, index, H5_ITER_INC, nullptr, add_link_name, &names));
  return names;
}

Type text_type(std::size_t size) {
  Type type(H5Tcopy(H5T_C_S1));
  check(H5Tset_size(type.get(), size));
  check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD));
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8));
  return type;
}

Type boolean_type() {
  Type type(H5Tenum_create(H5T_NATIVE_INT8));
  std::int8_t const no = 0, yes = 1;
  check(H5Tenum_insert(type.get(), "FALSE", &no));
  check(H5Tenum_insert(type.get(), "TRUE", &yes));
  return type;
}

Type status_type() {
  Type type(H5Tenum_create(H5T_NATIVE_UINT8));
  static constexpr std::array<std::pair<char const*, Status>, 4> names = {
      {{"complete", Status::complete},
       {"failed", Status::failed},
       {"timed_out", Status::timed_out},
       {"skipped", Status::skipped}}};
  for (auto const& [name, status] : names) {
    auto const number = static_cast<std::uint8_t>(status);
    check(H5Tenum_insert(type.get(), name, &number));
  }
  return type;
}

Dataset create_dataset(hid_t parent, std::string const& name, hid_t type,
                       std::vector<hsize_t> const& shape, Layout layout, hsize_t chunk) {
  PropertyList list(H5Pcreate(H5P_DATASET_CREATE));
  check(H5Pset_obj_track_times(list.get(), false));
  int const rank = static_cast<int>(shape.size());
  std::vector<hsize_t> limits = shape;
  if (layout == Layout::compressed) {
    // Whole rows of the trailing dimensions where they fit.
    std::vector<hsize_t> chunks(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 0;) {
      chunks[i] = rank == 1 ? chunk : std::max<hsize_t>(1, std::min(shape[i], chunk));
      chunk = std::max<hsize_t>(1, chunk / chunks[i]);
    }
    if (rank == 1) limits[0] = H5S_UNLIMITED;
    check(H5Pset_chunk(list.get(), rank, chunks.data()));
    check(H5Pset_shuffle(list.get()));
    check(H5Pset_deflate(list.get(), 1));
  }
  Space const space(rank == 0 ? H5Screate(H5S_SCALAR)
                              : H5Screate_simple(rank, shape.data(), limits.data()));
  auto const links = utf8_links();
  return Dataset(
      H5Dcreate2(parent, name.c_str(), type, space.get(), links.get(), list.get(), H5P_DEFAULT));
}

void write_range(Dataset const& dataset, hid_t memory_type, hsize_t first, hsize_t count,
                 void const* data) {
  if (count == 0) return;
  auto const target = range(dataset, first, count);
  Space const source(H5Screate_simple(1, &count, nullptr));
  check(H5Dwrite(dataset.get(), memory_type, source.get(), target.get(), H5P_DEFAULT, data));
}

void read_range(Dataset const& dataset, hid_t memory_type, hsize_t first, hsize_t count,
                void* data) {
  if (count == 0) return;
  auto const source = range(dataset, first, count);
  Space const target(H5Screate_simple(1, &count, nullptr));
  check(H5Dread(dataset.get(), memory_type, target.get(), source.get(), H5P_DEFAULT, data));
}

std::vector<hsize_t> shape_of(Dataset const& dataset) {
  Space const space(H5Dget_space(dataset.get()));
  std::vector<hsize_t> shape(
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space.get()))));
  check(H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr));
  return shape;
}

void write_attribute(hid_t object, std::string const& name, std::string const& value) {
  char const* const text = value.c_str();
  write_scalar(object, name, variable_text_type().get(), &text);
}

void write_attribute(hid_t object, std::string const& name, std::uint64_t value) {
  write_scalar(object, name, H5T_NATIVE_UINT64, &value);
}

void write_attribute(hid_t object, std::string const& name, bool value) {
  auto const number = static_cast<std::int8_t>(value);
  write_scalar(object, name, boolean_type().get(), &number);
}

std::string read_text_attribute(hid_t object, std::string const& name) {
  Attribute const attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  char* text = nullptr;
  check(H5Aread(attribute.get(), variable_text_type().get(), &text));
  std::unique_ptr<char, FreeHdf5> const owner(text);
  return text ? text : "";
}

std::uint64_t read_integer_attribute(hid_t object, std::string const& name) {
  Attribute const attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  std::uint64_t value = 0;
  check(H5Aread(attribute.get(), H5T_NATIVE_UINT64, &value));
  return value;
}

bool read_boolean_attribute(hid_t object, std::string const& name) {
  Attribute const attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  std::int8_t value = 0;
  check(H5Aread(attribute.get(), boolean_type().get(), &value));
  return value != 0;
}

std::vector<std::string> attribute_names(hid_t object) {
  std::vector<std::string> names;
  check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, add_attribute_name, &names));
  return names;
}

void describe(Dataset const& dataset, std::string const& unit, std::string const& description) {
  if (!unit.empty()) write_attribute(dataset.get(), "unit", unit);
  write_attribute(dataset.get(), "description", description);
}

void write_text(hid_t parent, std::string const& name, std::string const& value) {
  auto const type = variable_text_type();
  auto dataset = create_dataset(parent, name, type.get(), {}, Layout::contiguous);
  char const* const text = value.c_str();
  check(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &text));
  dataset.close();
}

std::string read_text(hid_t parent, std::string const& name) {
  Dataset const dataset(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
  char* text = nullptr;
  check(H5Dread(dataset.get(), variable_text_type().get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &text));
  std::unique_ptr<char, FreeHdf5> const owner(text);
  return text ? text : "";
}

}  // namespace engram::hdf5
