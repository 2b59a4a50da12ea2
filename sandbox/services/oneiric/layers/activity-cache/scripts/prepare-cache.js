'use strict';

const { mkdirSync, writeFileSync } = require('node:fs');

mkdirSync('.oneiric_cache', { recursive: true });
writeFileSync('.oneiric_cache/domain_activity.json', '{}\n');
