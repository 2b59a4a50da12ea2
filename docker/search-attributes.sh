#!/bin/sh
# Creates the search attributes that are not there yet.
set -eu
known=$(temporal operator search-attribute list)
for name in SlipwayService SlipwayEnvironment SlipwayPhase SlipwayCommit SlipwayDigest SlipwaySeverity; do
  case $known in
    *"$name "*) ;;
    *) temporal operator search-attribute create --name "$name" --type Keyword ;;
  esac
done
