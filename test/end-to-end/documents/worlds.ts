/** The commands of documents that bring up the worlds in which the others are pasted. */
export const openings = {
  usual: ['./slipway sandbox up', './slipway worker'],
  monitored: ['./slipway sandbox up --with monitoring', './slipway worker'],
  cluster: ['./slipway sandbox up --with kubernetes', './slipway worker'],
  oneiric: ['./slipway sandbox up --services oneiric --detach', './slipway worker'],
} as const;
