# One relay. It keeps its rooms in /data, or in the Redis of REDIS_URL.
#
#   docker build -t denbun . && docker run -p 8000:8000 -v denbun:/data denbun
ARG DENO_VERSION=2.9.6

FROM denoland/deno:${DENO_VERSION} AS build
WORKDIR /app
COPY . .
RUN deno task build
# what the relay loads, and nothing that only tests or pages need: 45 MB of packages instead of 130
RUN deno run --no-config --allow-read=. --allow-write=deno.json deploy/image.ts
ENV DENO_DIR=/deno-dir
RUN deno install --entrypoint main.ts src/process/permissions.ts src/process/isolate.ts \
  src/stores/sqlite/worker.ts src/features/documents/merge_worker.ts deploy/health.ts
RUN mkdir /data

FROM denoland/deno:distroless-${DENO_VERSION}
WORKDIR /app
COPY --from=build /deno-dir /deno-dir
COPY --from=build /app/deno.json /app/deno.lock /app/main.ts ./
COPY --from=build /app/src src
COPY --from=build /app/static/dist static/dist
COPY --from=build /app/deploy/health.ts deploy/health.ts
COPY --from=build --chown=65532:65532 /data /data

ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 DATA_DIR=/data PORT=8000
USER 65532:65532
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
  CMD ["deno", "run", "--cached-only", "--allow-env=PORT", "--allow-net=127.0.0.1", "deploy/health.ts"]
ENTRYPOINT ["deno", "task", "serve"]
