#pragma once

#include <ostream>
#include <sstream>
#include <string>

namespace engram {

/// What a stream is given while this lives, instead of its own target.
class Captured {
 public:
  explicit Captured(std::ostream& stream) : stream_(stream), buffer_(stream.rdbuf(text_.rdbuf())) {}
  ~Captured() { stream_.rdbuf(buffer_); }
  Captured(Captured const&) = delete;
  Captured& operator=(Captured const&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostream& stream_;
  std::ostringstream text_;
  std::streambuf* buffer_;
};

}  // namespace engram
