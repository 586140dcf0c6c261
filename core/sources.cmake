# The sources that both builds share.
file(GLOB TOKA_SHARED_SOURCES CONFIGURE_DEPENDS
  ${CMAKE_CURRENT_SOURCE_DIR}/schema/*.c ${CMAKE_CURRENT_SOURCE_DIR}/common/*.c)
