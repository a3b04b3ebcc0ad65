# eggcup with its bundled example: an image that runs as it is, and a base for your own (docs/docker.md).
#   docker build -t eggcup .
#   docker run --rm -p 7001:7001 eggcup

# What runs. Only Node.js is used of it: no shell, no package manager.
ARG NODE_IMAGE=docker.io/library/node:22-bookworm-slim
# What builds: needs npm.
ARG BUILD_IMAGE=${NODE_IMAGE}

FROM ${BUILD_IMAGE} AS build
# A registry of your own, if any.
ARG npm_config_registry
WORKDIR /build
COPY package.json package-lock.json ./
RUN ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
RUN ["npm", "run", "build"]
# Only what runs, in the exact versions of the lock file. (TypeScript is for development, and an optional peer of valibot.)
RUN ["npm", "ci", "--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
# The health files' directory, for any user; a tmpfs that is mounted there takes over its mode.
RUN ["node", "-e", "const fs = require('fs'); fs.mkdirSync('/rootfs/run/eggcup', { recursive: true }); fs.chmodSync('/rootfs/run/eggcup', 0o1777);"]

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="eggcup" \
      org.opencontainers.image.description="The container entrypoint for Node.js servers" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 0:0
# No package manager in what runs.
RUN ["node", "-e", "const fs = require('fs'); for (const path of ['/usr/local/lib/node_modules', '/usr/local/bin/npm', '/usr/local/bin/npx', '/usr/local/bin/corepack', '/usr/local/bin/yarn', '/usr/local/bin/yarnpkg']) fs.rmSync(path, { recursive: true, force: true });"]
WORKDIR /opt/eggcup
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY native/prebuilt native/prebuilt
COPY examples examples
COPY --from=build /rootfs /
# For the Node.js that runs it.
RUN ["node", "dist/cli.js", "compile"]
USER 1000:1000
ENV NODE_ENV=production
EXPOSE 7001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "/opt/eggcup/dist/probe.js", "ready"]
ENTRYPOINT ["node", "dist/entry.js"]
