include(CheckCXXCompilerFlag)

# Flags that decide about numbers. They are usage requirements: inline functions of our headers that
# a user's file also compiles have to come out the same there, since the linker keeps either copy.
add_library(engram_arithmetic INTERFACE)
set(arithmetic_flags)

# Arithmetic is as written: whether the compiler fuses a multiply and an add depends on
# vectorisation and build type, and with it the last bit of a result. Kernels ask for std::fma.
check_cxx_compiler_flag(-ffp-contract=off ENGRAM_HAS_FP_CONTRACT_OFF)
if(ENGRAM_HAS_FP_CONTRACT_OFF)
  list(APPEND arithmetic_flags -ffp-contract=off)
endif()

# Lets sqrt and friends vectorise. The rest of -ffast-math is not for us: it deletes NaN checks.
check_cxx_compiler_flag(-fno-math-errno ENGRAM_HAS_NO_MATH_ERRNO)
if(ENGRAM_HAS_NO_MATH_ERRNO)
  list(APPEND arithmetic_flags -fno-math-errno)
endif()

# A Kokkos that was built for an architecture brings its flags.
if(ENGRAM_NATIVE AND NOT CMAKE_CROSSCOMPILING AND NOT Kokkos_ARCH)
  check_cxx_compiler_flag(-march=native ENGRAM_HAS_MARCH_NATIVE)
  if(ENGRAM_HAS_MARCH_NATIVE)
    list(APPEND arithmetic_flags -march=native)
  endif()
endif()

# GCC 12 takes a constant of 32 or 64 bytes that ends in zeros for one that repeats what comes before them:
# vector<double>{2, 2, 0, 0} becomes four twos (12.2, -O3 -march=sapphirerapids). Not in pieces of 16 bytes.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\.")
  check_cxx_compiler_flag("-mmove-max=128 -mstore-max=128" ENGRAM_HAS_MOVE_MAX)
  if(ENGRAM_HAS_MOVE_MAX)
    list(APPEND arithmetic_flags -mmove-max=128 -mstore-max=128)
  endif()
endif()

# nvcc fuses on the device whatever the host compiler is told. Its flag is spelt as Kokkos' nvcc_wrapper,
# which stands for a C++ compiler, knows it; clang obeys -ffp-contract.
if(Kokkos_ENABLE_CUDA AND Kokkos_CXX_COMPILER_ID STREQUAL "NVIDIA")
  list(APPEND arithmetic_flags --fmad=false)
endif()
target_compile_options(
  engram_arithmetic INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${arithmetic_flags}>"
                              "$<$<COMPILE_LANG_AND_ID:CUDA,NVIDIA>:--fmad=false>")

# Flags of our own files only. -Wundef: testing a macro of core/config.hpp without including it would
# quietly mean 0.
function(engram_add_warnings target)
  target_compile_options(
    ${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wundef
                      $<$<BOOL:${ENGRAM_WERROR}>:-Werror>
                      # that a loop did not vectorise, at a low -O, is no mistake
                      $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wdeprecated;-Wno-pass-failed>)
  # GCC 12 finds uninitialised variables in its own AVX-512 header (GCC bug 105593), and overlapping or
  # endless copies in its own strings (105651, 105329); clang's pass and the sanitizers look for the real
  # ones.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-uninitialized -Wno-restrict
                                             -Wno-stringop-overflow -Wno-stringop-overread
                                             -Wno-array-bounds)
  endif()
endfunction()

if(ENGRAM_SANITIZE)
  add_compile_options(-fsanitize=${ENGRAM_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ENGRAM_SANITIZE})
  # Half the time to compile is for checks of every access that the address sanitizer makes as well, and for
  # alignment, which vector instructions of the release build insist on.
  if(ENGRAM_SANITIZE MATCHES "address" AND ENGRAM_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=null,object-size,alignment)
  endif()
endif()

# Finds sources under the root by patterns, recursively for core/*.cpp and its subfolders only: the
# other folders list one level, so that jobs/*.cpp leaves out jobs/searchers/.
function(engram_glob result)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "EXCLUDE")
  set(found)
  foreach(pattern IN LISTS arg_UNPARSED_ARGUMENTS)
    if(pattern MATCHES "^core/")
      set(mode GLOB_RECURSE)
    else()
      set(mode GLOB)
    endif()
    file(${mode} files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${pattern})
    list(APPEND found ${files})
  endforeach()
  foreach(pattern IN LISTS arg_EXCLUDE)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${pattern})
    list(REMOVE_ITEM found ${files})
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# Headers of libraries, precompiled: by the first target that asks for these, for all that do. It is none
# of objects, whose list would have the precompiled header among them.
function(engram_precompile target)
  if(NOT ENGRAM_PRECOMPILE)
    return()
  endif()
  get_property(first GLOBAL PROPERTY "engram_precompiled_${ARGN}")
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN})
    set_property(GLOBAL PROPERTY "engram_precompiled_${ARGN}" ${target})
  endif()
endfunction()

# engram_add_library(name STATIC|OBJECT pattern… [EXCLUDE pattern…]): target engram_<name>, alias
# engram::<name>.
function(engram_add_library name type)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "EXCLUDE")
  engram_glob(sources ${arg_UNPARSED_ARGUMENTS} EXCLUDE ${arg_EXCLUDE})
  add_library(engram_${name} ${type} ${sources})
  add_library(engram::${name} ALIAS engram_${name})
  set_target_properties(engram_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(engram_${name} PUBLIC cxx_std_20)
  target_link_libraries(engram_${name} PUBLIC engram_arithmetic)
  engram_add_warnings(engram_${name})
  engram_precompile(engram_${name} <Kokkos_Core.hpp>)
  target_include_directories(
    engram_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                          $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
                          $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/engram>)
endfunction()

# core/config.hpp, and the commit, which is looked up at every build.
function(engram_add_build_info target)
  set(ENGRAM_HAVE_MPI ${ENGRAM_MPI})
  configure_file(${PROJECT_SOURCE_DIR}/core/config.hpp.in
                 ${PROJECT_BINARY_DIR}/include/core/config.hpp @ONLY)
  list(JOIN arithmetic_flags " " flags)
  set(description
      "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}, ${CMAKE_BUILD_TYPE}, ${flags}")
  set(output ${PROJECT_BINARY_DIR}/build_info.cpp)
  set(command
      ${CMAKE_COMMAND} -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D OUTPUT=${output} -D
      "BUILD_DESCRIPTION=${description}" -P ${PROJECT_SOURCE_DIR}/cmake/write_build_info.cmake)
  execute_process(COMMAND ${command} COMMAND_ERROR_IS_FATAL ANY)
  add_custom_target(engram_build_info COMMAND ${command} BYPRODUCTS ${output} VERBATIM)
  target_sources(${target} PRIVATE ${output})
  add_dependencies(${target} engram_build_info)
endfunction()
