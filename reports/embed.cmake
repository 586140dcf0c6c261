# hg_embed(NAME.ext): the file's bytes as a C initialiser, in NAME.inc of the build folder.
function(hg_embed file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  get_filename_component(name ${file} NAME_WE)
  file(CONFIGURE OUTPUT ${name}.inc CONTENT "@bytes@\n" @ONLY)
endfunction()

# hg_embed_hash(NAME.ext): the file's SHA-256 in base64, as a content security policy names a script, as a C string
# in NAME_hash.inc.
function(hg_embed_hash file)
  set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  file(SHA256 ${CMAKE_CURRENT_SOURCE_DIR}/${file} hex)
  set(text "")
  # 32 bytes are ten groups of three and one of two, which is filled up with a zero and ends in '='.
  foreach(at RANGE 0 60 6)
    string(SUBSTRING "${hex}00" ${at} 6 three)
    foreach(shift 18 12 6 0)
      math(EXPR sextet "(0x${three} >> ${shift}) & 63")
      string(SUBSTRING ${alphabet} ${sextet} 1 letter)
      string(APPEND text ${letter})
    endforeach()
  endforeach()
  string(REGEX REPLACE ".$" "=" text "${text}")
  get_filename_component(name ${file} NAME_WE)
  file(CONFIGURE OUTPUT ${name}_hash.inc CONTENT "\"@text@\"\n" @ONLY)
endfunction()
