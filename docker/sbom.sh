#!/bin/sh
# What the image is made of, as CycloneDX: the Debian packages that are installed where this runs, and gentally.
#
#   docker/sbom.sh VERSION > sbom.cdx.json
#
# By dpkg and awk alone, since that is what is there while the image is built.
set -eu
version=$1
distribution=$(. /etc/os-release && echo "debian-$VERSION_ID")

dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\n' |
    awk -F '\t' -v version="$version" -v distribution="$distribution" '
        function escaped(text) {
            gsub(/%/, "%25", text)
            gsub(/\+/, "%2B", text)
            gsub(/:/, "%3A", text)
            return text
        }
        BEGIN {
            print "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"version\": 1,"
            printf " \"metadata\": {\"component\": {\"type\": \"application\", \"bom-ref\": \"gentally\", "
            printf "\"name\": \"gentally\", \"version\": \"%s\", ", version
            print "\"licenses\": [{\"license\": {\"id\": \"Apache-2.0\"}}]}},"
            printf " \"components\": ["
        }
        $1 == "installed" {
            purl = "pkg:deb/debian/" escaped($2) "@" escaped($3) "?arch=" $4 "&distro=" distribution
            printf "%s\n  {\"type\": \"library\", \"bom-ref\": \"%s\", \"name\": \"%s\", \"version\": \"%s\", ", \
                found++ ? "," : "", purl, $2, $3
            printf "\"purl\": \"%s\", \"properties\": [{\"name\": \"debian:source\", \"value\": \"%s\"}]}", purl, $5
        }
        END { print "\n ]}" }'
