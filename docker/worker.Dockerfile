# The worker: TypeScript run by Node itself, there is no build step. git reads the sources that are released, ssh-keygen verifies approvals: both are in
# this image, but not in its slim form.
FROM node:24.21.0-bookworm
# bubblewrap confines the programs of commits. Its namespaces need security_opt, see docs/gates.md.
RUN apt-get update && apt-get install --yes --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /slipway
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY . .
RUN mkdir -p /var/lib/slipway .slipway && chown -R node:node /var/lib/slipway .slipway
USER node
CMD ["node", "--disable-warning=ExperimentalWarning", "worker/main.ts"]
