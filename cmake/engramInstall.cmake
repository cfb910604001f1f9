include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/engram)
set_target_properties(engram_engram PROPERTIES EXPORT_NAME engram)
set_target_properties(engram_arithmetic PROPERTIES EXPORT_NAME arithmetic)
set_target_properties(engram_hdf5 PROPERTIES EXPORT_NAME hdf5)

install(
  TARGETS engram_engram
          engram_main
          engram_jobs
          engram_analysis
          engram_searchers
          engram_algorithms
          engram_experiments
          engram_parallel
          engram_core
          engram_arithmetic
          engram_hdf5
  EXPORT engramTargets
  OBJECTS DESTINATION ${CMAKE_INSTALL_LIBDIR}/engram
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(
  EXPORT engramTargets
  NAMESPACE engram::
  DESTINATION ${package_dir})

# Headers name each other from the root ("core/error.hpp"), so the root is include/engram. Of parallel
# and jobs the interfaces only: what else is there may need mpi.h or hdf5.h.
install(
  DIRECTORY core experiments analysis
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/engram
  FILES_MATCHING
  PATTERN "*.hpp"
  PATTERN "python" EXCLUDE)
foreach(header parallel/environment parallel/scheduler jobs/command_line jobs/constraint jobs/exit_code
               jobs/part jobs/point_file jobs/results_file jobs/results_store jobs/searcher
               jobs/searchers/adaptive
               jobs/searchers/design jobs/searchers/unit_encoding jobs/space jobs/storage_error
               jobs/study jobs/trial_record)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header}.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/engram/${folder})
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/include/core/config.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/engram/core)

configure_package_config_file(cmake/engramConfig.cmake.in ${PROJECT_BINARY_DIR}/engramConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/engramConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/engramConfig.cmake ${PROJECT_BINARY_DIR}/engramConfigVersion.cmake
        cmake/engramDependencies.cmake cmake/engramFindKokkos.cmake cmake/FindRandom123.cmake
  DESTINATION ${package_dir})
