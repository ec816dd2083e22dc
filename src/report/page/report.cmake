# The page of `gentally report`: what npm brings, bundled into one file that bundled.c embeds. Sets REPORT_PAGE to its
# path, or to nothing: without npm, or without a registry to reach, everything else is built, and `report --format html`
# says so. What was installed once for a lock file is not asked for again, so a rebuild needs no network.
option(GENTALLY_REPORT "the page of `gentally report`, which needs npm at build time" ON)
set(REPORT_PAGE "")
set(REPORT_SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/src/report/page)
set(REPORT_FOLDER ${CMAKE_CURRENT_BINARY_DIR}/report)

function(report_install result)
    set(${result} FALSE PARENT_SCOPE)
    find_program(GENTALLY_NODE NAMES node nodejs)
    find_program(GENTALLY_NPM NAMES npm)
    if(NOT GENTALLY_NODE OR NOT GENTALLY_NPM)
        message(STATUS "No npm: built without the page of `gentally report`")
        return()
    endif()
    file(SHA256 ${REPORT_SOURCE}/package-lock.json lock)
    if(EXISTS ${REPORT_FOLDER}/installed)
        file(READ ${REPORT_FOLDER}/installed installed)
        if(installed STREQUAL lock)
            set(${result} TRUE PARENT_SCOPE)
            return()
        endif()
    endif()
    file(REMOVE ${REPORT_FOLDER}/installed)
    file(COPY ${REPORT_SOURCE}/package.json ${REPORT_SOURCE}/package-lock.json ${REPORT_SOURCE}/.npmrc
        DESTINATION ${REPORT_FOLDER})
    execute_process(
        COMMAND ${GENTALLY_NPM} ci --ignore-scripts --prefer-offline --fetch-retries=1 --fetch-timeout=20000
            --loglevel=error
        WORKING_DIRECTORY ${REPORT_FOLDER} RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE error TIMEOUT 180)
    if(NOT status EQUAL 0)
        string(REGEX MATCH "[^\n]*" line "${error}")
        message(STATUS "npm ci failed (${line}): built without the page of `gentally report`")
        return()
    endif()
    file(WRITE ${REPORT_FOLDER}/installed ${lock})
    set(${result} TRUE PARENT_SCOPE)
endfunction()

if(GENTALLY_REPORT AND NOT GENTALLY_FUZZ)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${REPORT_SOURCE}/package-lock.json)
    report_install(REPORT_INSTALLED)
    if(REPORT_INSTALLED)
        file(GLOB REPORT_PARTS CONFIGURE_DEPENDS ${REPORT_SOURCE}/*.js ${REPORT_SOURCE}/*.mjs ${REPORT_SOURCE}/*.css
            ${REPORT_SOURCE}/*.html)
        set(REPORT_PAGE ${REPORT_FOLDER}/page.html)
        add_custom_command(OUTPUT ${REPORT_PAGE}
            COMMAND ${GENTALLY_NODE} ${REPORT_SOURCE}/bundle.mjs ${REPORT_SOURCE} ${REPORT_PAGE}
            WORKING_DIRECTORY ${REPORT_FOLDER}
            DEPENDS ${REPORT_PARTS} ${REPORT_FOLDER}/installed
            COMMENT "Bundling the page of gentally report" VERBATIM)
    endif()
endif()
