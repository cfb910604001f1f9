# Run at every build: writes OUTPUT, with the present git commit, only if it changed.
#   cmake -D SOURCE_DIR=… -D OUTPUT=… -D BUILD_DESCRIPTION=… -P write_build_info.cmake
set(commit "unknown")
find_program(GIT git)
if(GIT)
  execute_process(
    COMMAND ${GIT} -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude *
    OUTPUT_VARIABLE described
    RESULT_VARIABLE result
    ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(result EQUAL 0)
    set(commit "${described}")
  endif()
endif()
set(text
    "#include \"core/config.hpp\"

namespace engram {

char const* git_commit() { return \"${commit}\"; }

char const* build_description() { return \"${BUILD_DESCRIPTION}\"; }

}  // namespace engram
")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} present)
endif()
if(NOT "${present}" STREQUAL "${text}")
  file(WRITE ${OUTPUT} "${text}")
endif()
