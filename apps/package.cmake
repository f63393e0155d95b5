# Packages, by `cpack -G DEB` (which wants dpkg-dev) and `cpack -G TGZ` in the build folder. The .deb
# depends on Debian's libraries; the tar.gz brings those that a machine may lack, and may be unpacked
# anywhere.
set(CPACK_PACKAGE_NAME hitsieve)
set(CPACK_PACKAGE_VENDOR "the hitsieve developers")
set(CPACK_PACKAGE_CONTACT "the hitsieve developers <hitsieve@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_SYSTEM_NAME ${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB TGZ)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)  # and ldconfig is run

set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/bundle.cmake)
include(CPack)
