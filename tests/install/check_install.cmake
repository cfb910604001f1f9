# cmake -D ENGRAM_BUILD=… -D CONSUMER=… -D WORK=… -P check_install.cmake
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(prefix ${WORK}/prefix)
set(build ${WORK}/build)
file(REMOVE_RECURSE ${prefix} ${build} ${WORK}/results)
run(${CMAKE_COMMAND} --install ${ENGRAM_BUILD} --config ${BUILD_TYPE} --prefix ${prefix})
run(${prefix}/bin/engram version)

# The sources' folder must not be needed: the consumer is built from a copy elsewhere.
file(COPY ${CONSUMER}/ DESTINATION ${WORK}/source)

# Installed headers include nothing that isn't installed.
file(GLOB_RECURSE headers RELATIVE ${prefix}/include/engram ${prefix}/include/engram/*.hpp)
list(TRANSFORM headers REPLACE "(.+)" "#include \"\\1\"\n")
file(WRITE ${WORK}/source/all_headers.cpp ${headers})
run(${CMAKE_COMMAND} -C ${WORK}/consumer_cache.cmake -S ${WORK}/source -B ${build} -G ${GENERATOR} -D
    CMAKE_BUILD_TYPE=${BUILD_TYPE} -D CMAKE_CXX_FLAGS=${FLAGS} -D engram_ROOT=${prefix})
run(${CMAKE_COMMAND} --build ${build} --config ${BUILD_TYPE})

run(${build}/mine list)
foreach(name logistic_map reservoir_forecast no_op)
  if(NOT output MATCHES "${name}")
    message(FATAL_ERROR "`mine list` does not name ${name}:\n${output}")
  endif()
endforeach()

run(${build}/mine run ${WORK}/source/study.ini --study.output ${WORK}/results/logistic_map.h5)
run(${build}/mine report ${WORK}/results/logistic_map.h5)
if(NOT output MATCHES "final_value")
  message(FATAL_ERROR "the report does not name the metric:\n${output}")
endif()
