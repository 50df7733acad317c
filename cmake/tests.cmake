# How a test enters CTest, one function per kind. Every test carries a label, so that `ctest -L unit` selects.
find_package(GTest REQUIRED)
# The system's Python, not one from PATH: its modules come from Debian packages.
find_program(SYSTEM_PYTHON3 python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
include(GoogleTest)

# weir_unit_test(NAME SOURCES… LIBS…): one GoogleTest program, run as one CTest test.
function(weir_unit_test name)
    cmake_parse_arguments(T "" "" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${T_SOURCES})
    target_link_libraries(${name} PRIVATE weir_flags ${T_LIBS} GTest::gtest GTest::gtest_main)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_definitions(${name} PRIVATE WEIR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    # What a test itself does is not what is measured: little optimised, it compiles in less time.
    target_compile_options(${name} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-O1>)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()

# weir_script_test(NAME SCRIPT [ARGS…] [LABEL …] [TIMEOUT …] [SERIAL]): a Python script, which finds tests/lib on its
# path and the programs in WEIR and WEIR_CAPTURE; exit 77 is a skip, which it must explain aloud.
function(weir_script_test name script)
    cmake_parse_arguments(T "SERIAL" "LABEL;TIMEOUT" "ARGS" ${ARGN})
    add_test(NAME ${name} COMMAND ${SYSTEM_PYTHON3} ${script} ${T_ARGS})
    if(NOT T_LABEL)
        set(T_LABEL script)
    endif()
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 120)
    endif()
    set(environment
        WEIR=$<TARGET_FILE:weir>
        WEIR_CAPTURE=$<TARGET_FILE:weir-capture>
        WEIR_SOURCE_DIR=${PROJECT_SOURCE_DIR}
        WEIR_BUILD_DIR=${PROJECT_BINARY_DIR}
        WEIR_SANITIZE=${WEIR_SANITIZE}
        PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/lib
        PYTHONDONTWRITEBYTECODE=1)
    set_tests_properties(${name} PROPERTIES LABELS ${T_LABEL} TIMEOUT ${T_TIMEOUT} SKIP_RETURN_CODE 77
        ENVIRONMENT "${environment}")
    if(T_SERIAL)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

# weir_fuzz_target(NAME SOURCE LIBS…): with WEIR_FUZZ a libFuzzer program; in every build a replay of the
# seeds and kept crashes under tests/fuzz/NAME/ by plain CTest.
function(weir_fuzz_target name source)
    cmake_parse_arguments(T "" "" "LIBS" ${ARGN})
    set(inputs)
    foreach(folder seeds crashes)
        if(EXISTS ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}/${folder})
            list(APPEND inputs ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}/${folder})
        endif()
    endforeach()
    if(WEIR_FUZZ)
        add_executable(fuzz_${name} ${source})
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        add_test(NAME fuzz_${name} COMMAND fuzz_${name} -runs=0 ${inputs})
    else()
        add_executable(fuzz_${name} ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
        add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${inputs})
    endif()
    target_link_libraries(fuzz_${name} PRIVATE weir_flags ${T_LIBS})
    target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR})
    set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
