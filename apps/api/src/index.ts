/** For tests that hold other files, such as docker-compose.yml, to what this app reads. */
export { readConfig } from './config.ts'
