# Run by CPack on what it is about to pack. Into the tar.gz go the libraries that program and
# library need, and their licences, in a folder that only those two look into; but not the C and C++
# runtime: a program that loads libhitsieve has its own.
if(NOT CPACK_GENERATOR STREQUAL TGZ)
  return()
endif()
set(tree ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
file(GLOB programs ${tree}/bin/*)
file(GLOB libraries ${tree}/lib*/libhitsieve.so)
get_filename_component(bundle ${libraries} DIRECTORY)
set(bundle ${bundle}/hitsieve)
file(MAKE_DIRECTORY ${bundle})
set(runtime "^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|stdc\\+\\+|gcc_s|cuda))\\.so")
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${programs} LIBRARIES ${libraries}
  RESOLVED_DEPENDENCIES_VAR found UNRESOLVED_DEPENDENCIES_VAR missing
  PRE_EXCLUDE_REGEXES ${runtime} POST_EXCLUDE_REGEXES "^${tree}/")
if(missing)
  message(FATAL_ERROR "libraries that the package needs are not on this machine: ${missing}")
endif()

foreach(library IN LISTS found)
  get_filename_component(name ${library} NAME)
  file(REAL_PATH ${library} real)
  file(COPY_FILE ${real} ${bundle}/${name})
  get_filename_component(file ${real} NAME)  # packages may say /lib for what lies in /usr/lib
  execute_process(COMMAND dpkg-query -S */${file} OUTPUT_VARIABLE owner ERROR_QUIET
                  RESULT_VARIABLE unknown)
  if(unknown)
    message(WARNING "no package owns ${real}: see to its licence")
    continue()
  endif()
  string(REGEX REPLACE "[:,\n].*" "" owner "${owner}")
  file(COPY_FILE /usr/share/doc/${owner}/copyright ${tree}/share/doc/hitsieve/${owner}.copyright)
endforeach()
