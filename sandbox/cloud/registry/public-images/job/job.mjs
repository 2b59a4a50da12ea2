import process from 'node:process';

const { CLOUD_RUN_TASK_INDEX: index = '0', CLOUD_RUN_TASK_ATTEMPT: attempt = '0' } = process.env;
process.stdout.write(`task ${index}, attempt ${attempt}: done\n`);
