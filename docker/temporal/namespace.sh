#!/bin/sh
# The namespace, which keeps closed runs for 30 days so that they can be replayed and reset, and the search attributes
# that the workflows set. Running it again changes nothing.
set -eu

namespace=${TEMPORAL_NAMESPACE:-default}
temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 \
  || temporal operator namespace create --namespace "$namespace" --retention 30d

# A server learns of a new namespace some seconds after it was made.
left=30
until known=$(temporal operator search-attribute list --namespace "$namespace" 2>&1); do
  left=$((left - 1))
  [ "$left" -gt 0 ] || { echo "$known" >&2; exit 1; }
  sleep 2
done
for pair in Store:Keyword Intent:Keyword Tier:Int Language:Keyword Status:Keyword; do
  name="Holdpoint${pair%%:*}"
  case "$known" in
    *"$name"*) ;;
    *) temporal operator search-attribute create --namespace "$namespace" --name "$name" --type "${pair##*:}" ;;
  esac
done
