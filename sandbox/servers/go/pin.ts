export interface ToolchainPin {
  version: string;
  /** Hash of the module's content, as `go.sum` has them, by platform. */
  hashes: Record<string, string>;
}

/** The Go that builds the pinned servers where no other is installed: version of 28 August 2026. */
export const toolchainPin: ToolchainPin = {
  version: '1.26.8',
  hashes: {
    'linux-amd64': 'h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=',
    'linux-arm64': 'h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=',
    'darwin-amd64': 'h1:7/9KPPN8PckcA9s91hm2jmQMhzW4KyTJXHIs45L0C9M=',
    'darwin-arm64': 'h1:dFjGhY6f8DTsY8/rLchUTDRRfjJP4pCrGCwxvHFT2Fg=',
  },
};
