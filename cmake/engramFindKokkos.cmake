# Kokkos 3.4 to 5.x as Kokkos::kokkos. Used by the build and by the installed engramConfig.cmake.
#
# No version range is given to find_package: Kokkos' version files accept a range within one major
# version only.
macro(engram_find_kokkos)
  find_package(Kokkos CONFIG ${ARGN})
  if(Kokkos_FOUND)
    if(Kokkos_VERSION VERSION_LESS 3.4 OR Kokkos_VERSION VERSION_GREATER_EQUAL 6)
      message(FATAL_ERROR "engram works with Kokkos 3.4 to 5.x, but found ${Kokkos_VERSION} in "
                          "${Kokkos_DIR}; set Kokkos_ROOT to another one")
    endif()
    engram_mend_kokkos_includes()
  endif()
endmacro()

# Debian's Kokkos (libtrilinos-kokkos-dev 13.2) names /usr/lib/include, which does not exist, as its
# include folder, so that CMake stops at generation; the folder that it means is in
# Kokkos_INCLUDE_DIRS.
function(engram_mend_kokkos_includes)
  get_target_property(folders Kokkos::kokkos INTERFACE_INCLUDE_DIRECTORIES)
  foreach(folder IN LISTS folders)
    if(IS_ABSOLUTE "${folder}" AND NOT EXISTS "${folder}")
      foreach(target Kokkos::kokkos trilinos_kokkoscore)
        if(TARGET ${target})
          set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES
                                                     "${Kokkos_INCLUDE_DIRS}")
        endif()
      endforeach()
      return()
    endif()
  endforeach()
endfunction()
