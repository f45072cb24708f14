#!/bin/sh
# Writes jars.sha256: the jars of pom.xml, which the image's build compares what it downloads with.
set -eu
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mvn --batch-mode --no-transfer-progress dependency:copy-dependencies -DoutputDirectory="$folder"
(cd "$folder" && LC_ALL=C sha256sum -- *.jar) > jars.sha256
