#!/bin/sh
# Brings the schema of Temporal's two databases to the version of this image. Running it again changes nothing, so it
# runs before every start and carries an upgrade of the image through.
set -eu

for database in temporal visibility; do
  name=temporal
  [ "$database" = temporal ] || name=temporal_visibility
  temporal-sql-tool --db "$name" setup-schema -v 0.0
  temporal-sql-tool --db "$name" update-schema --schema-name "postgresql/v12/$database"
done
