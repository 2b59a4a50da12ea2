/** Names one environment of one service. */
export interface EnvironmentName {
  service: string;
  environment: string;
}
