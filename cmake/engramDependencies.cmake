# What engram is built on. The build and the installed engramConfig.cmake both include this file, so
# that they can't differ. `ENGRAM_MPI` says whether MPI is used.
include("${CMAKE_CURRENT_LIST_DIR}/engramFindKokkos.cmake")
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")

# FindHDF5 and FindMPI ask a C compiler.
if(NOT CMAKE_C_COMPILER_LOADED)
  enable_language(C)
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
engram_find_kokkos(REQUIRED)
find_package(Random123 REQUIRED)
find_package(Eigen3 3.3 REQUIRED NO_MODULE)
find_package(Boost 1.66 REQUIRED COMPONENTS program_options)

# The results file has one writer: a serial HDF5 is all that is needed, a parallel one will do.
if(NOT DEFINED HDF5_PREFER_PARALLEL)
  set(HDF5_PREFER_PARALLEL OFF)
endif()
find_package(HDF5 1.10 REQUIRED COMPONENTS C)

if(ENGRAM_MPI OR HDF5_IS_PARALLEL OR ENGRAM_HDF5_IS_PARALLEL)
  find_package(MPI 3.0 REQUIRED COMPONENTS C)
endif()
