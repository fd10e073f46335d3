# Made by apps/worker-python/scripts/generate.mjs from schemas/. Do not edit: npm run generate.

