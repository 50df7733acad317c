# Compiler flags of every target, on one interface library (weir_flags). Hardening is on in all builds:
# a broken invariant must abort rather than go on (libstdc++ assertions included).
add_library(weir_flags INTERFACE)
target_compile_options(weir_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Wcast-align -Wformat=2 -Wimplicit-fallthrough
    # GCC 12 sees an overlap that is not there in std::string's operator+ (GCC bug 105651).
    # And where a test replaces operator new, it inlines half of the pair and takes the other for a mismatch.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-mismatched-new-delete>
    $<$<BOOL:${WEIR_WERROR}>:-Werror>
    -fstack-protector-strong
    # What is installed: indirect jumps land where they may, a large frame touches each of its pages, and the folder in which
    # it was built leaves no trace.
    $<$<CONFIG:Release>:-fcf-protection;-fstack-clash-protection>
    $<$<CONFIG:Release>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.;-ffile-prefix-map=${PROJECT_BINARY_DIR}=build>
    # CMake compiles static libraries with -fPIC; in a program nobody replaces a function, so that each may be inlined.
    $<$<CONFIG:Release>:-fPIE>
    # A variable that nobody set is zero (clang 14 takes this only with a switch that says it will go away).
    $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-ftrivial-auto-var-init=zero>
    # GCC clears a structure of 100 to 500 bytes by `rep stos`, which takes longer to start than to do: 4 % of small.
    $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>,$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>>:-mmemset-strategy=vector_loop:512:noalign$<COMMA>libcall:-1:noalign>)
target_compile_definitions(weir_flags INTERFACE _GLIBCXX_ASSERTIONS
    $<$<CONFIG:Release>:_FORTIFY_SOURCE=3>)
target_link_options(weir_flags INTERFACE LINKER:-z,relro,-z,now)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()

if(WEIR_SANITIZE)
    target_compile_options(weir_flags INTERFACE
        -fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
        # GCC's flow analysis does not see through the sanitizers' checks; the other presets keep these warnings.
        $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow;-Wno-array-bounds;-Wno-maybe-uninitialized>)
    target_link_options(weir_flags INTERFACE -fsanitize=${WEIR_SANITIZE})
endif()
if(WEIR_FUZZ)
    target_compile_options(weir_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
