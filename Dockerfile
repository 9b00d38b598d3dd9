# The server in an image: `docker build -t rest-sessions .`
# Built with all of npm ci, run with what the package needs, as the account `node`.
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.base.json ./
COPY packages ./packages
RUN npm ci && npm run build && npm prune --omit=dev

FROM node:24-slim
WORKDIR /app
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/packages/server/package.json ./packages/server/package.json
COPY --from=build /build/packages/server/bin ./packages/server/bin
COPY --from=build /build/packages/server/dist ./packages/server/dist
COPY --from=build /build/packages/server/lua ./packages/server/lua
COPY --from=build /build/packages/server/schema ./packages/server/schema
# Sessions of the embedded store. A volume that is mounted here is given to `node`, too.
RUN install -d -o node -g node -m 700 /var/lib/rest-sessions
VOLUME /var/lib/rest-sessions
# Every address of the container. The server refuses that until it is told how callers prove who they are.
ENV NODE_ENV=production RS_HOST=0.0.0.0 RS_PORT=3000 RS_STORE=lmdb:/var/lib/rest-sessions
USER node
EXPOSE 3000
# Knows TLS, and whatever else the configuration says. Alive, not ready: Redis being away is no reason to start it again.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "packages/server/dist/cli/main.js", "health"]
ENTRYPOINT ["node", "packages/server/dist/cli/main.js"]
CMD ["serve"]
