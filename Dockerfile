# The images of both programs, which share all but their last stage: the jars are built once, and one
# training run, server and client banking over mutual TLS, makes the caches of both. Needs BuildKit.
#
#   docker build --target bank-server -t mbank/bank-server .
#   docker build --target bank-client -t mbank/bank-client .

# A JRE on glibc. The build needs its shell, and openssl or apt-get; the images need neither.
ARG BASE_IMAGE=eclipse-temurin:25-jre
# A JDK, for JARS=build only.
ARG BUILD_IMAGE=eclipse-temurin:25-jdk
# build: from the sources; prebuilt: what `./mvnw package` left in target/.
ARG JARS=build

FROM ${BUILD_IMAGE} AS jars-build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.m2 ./mvnw -B -ntp package -Dmaven.test.skip=true \
    && mkdir /jars \
    && cp bank-server/target/bank-server.jar bank-client/target/bank-client.jar /jars/

FROM scratch AS jars-prebuilt
COPY bank-server/target/bank-server.jar bank-client/target/bank-client.jar /jars/

FROM jars-${JARS} AS jars

FROM ${BASE_IMAGE} AS tools
RUN if ! { command -v openssl && command -v unzip; } >/dev/null; then \
      apt-get update && apt-get install -y --no-install-recommends openssl unzip \
      && rm -rf /var/lib/apt/lists/*; \
    fi

# Makes certificates: in the build for the training run, in Compose for everybody.
FROM tools AS certs
COPY generate-certs.sh docker/certs.sh /app/
ENTRYPOINT ["/app/certs.sh"]

FROM tools AS layers
WORKDIR /layers
COPY --from=jars /jars/ /jars/
COPY docker/layers.sh /build/
RUN /build/layers.sh

# The certificates of this stage stay in it.
FROM certs AS trained
COPY --from=layers /layers/bank-server/*/ /app/bank-server/
COPY --from=layers /layers/bank-client/*/ /app/bank-client/
COPY docker/train.sh docker/bank-server.options docker/bank-client.options /build/
RUN /build/train.sh && mkdir /data

FROM ${BASE_IMAGE} AS program
ARG VERSION=0.1.0-SNAPSHOT
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="mbank"
WORKDIR /app
USER 10001:10001

FROM program AS bank-client
LABEL org.opencontainers.image.title="bank-client" \
      org.opencontainers.image.description="Checks the bank's health and banks with it, over gRPC with mutual TLS."
COPY --from=layers /layers/bank-client/dependencies/ bank-client/
COPY --from=layers /layers/bank-client/snapshot-dependencies/ bank-client/
COPY --from=layers /layers/bank-client/application/ bank-client/
COPY --from=trained /app/bank-client/jvm/ bank-client/jvm/
ENTRYPOINT ["java", "@/app/bank-client/jvm/options", "-jar", "/app/bank-client/bank-client.jar"]

FROM program AS bank-server
LABEL org.opencontainers.image.title="bank-server" \
      org.opencontainers.image.description="Keeps a durable double-entry ledger and offers it over gRPC with mutual TLS."
COPY --from=layers /layers/bank-server/dependencies/ bank-server/
COPY --from=layers /layers/bank-server/snapshot-dependencies/ bank-server/
COPY --from=layers /layers/bank-server/application/ bank-server/
COPY --from=trained /app/bank-server/jvm/ bank-server/jvm/
# The journal and the audit trail, unless the variables say otherwise.
COPY --from=trained --chown=10001:10001 /data/ data/
VOLUME /app/data
ENV HOST=* \
    MANAGEMENT_HOST=0.0.0.0 \
    LOGGING_STRUCTURED_FORMAT_CONSOLE=ecs
EXPOSE 8443 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx32m", "-jar", "/app/bank-server/bank-server.jar", "health"]
ENTRYPOINT ["java", "@/app/bank-server/jvm/options", "-jar", "/app/bank-server/bank-server.jar"]
