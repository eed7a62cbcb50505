# The service as an image: one static program with its model, and its three settings. 镜像:一个静态程序,模型在内。
#
#   docker build -t speechtag:0.1.0 .                                    with a registry at hand
#   docker build --build-arg RUST_IMAGE=my-rust -t speechtag:0.1.0 .     with a base of your own: Rust 1.88, gcc, libc6-dev
#   docker build --build-arg PROGRAM=prebuilt -t speechtag:0.1.0 .       around target/container/speechtag (tests/containers/program)
#   docker build --target balancer -t speechtag-balancer:0.1.0 .         HAProxy with our settings and our health check
#
# Needs BuildKit (the default since Docker 23; DOCKER_BUILDKIT=1 before).

ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG HAPROXY_IMAGE=haproxy:2.6-bookworm
ARG PROGRAM=build

# The dependencies alone, so that a change of ours does not compile them again.
FROM ${RUST_IMAGE} AS dependencies
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
RUN sed -i '/^\[\[bench\]\]/,$d' Cargo.toml && mkdir src && touch src/lib.rs \
    && echo 'fn main() {}' | tee src/main.rs > build.rs
RUN --mount=type=cache,target=/usr/local/cargo/registry cargo build --release --locked --bin speechtag

# The program. libc goes in too (crt-static); only the last step needs to know, so the dependencies serve both ways.
FROM dependencies AS build
COPY build.rs ./
COPY proto proto
COPY src src
COPY models/speechtag-zh models/speechtag-zh
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    touch build.rs src/lib.rs src/main.rs \
    && cargo rustc --release --locked --bin speechtag -- -C target-feature=+crt-static \
    && cp target/release/speechtag /speechtag

# A static program built outside, by the same command.
FROM scratch AS prebuilt
COPY target/container/speechtag /speechtag

FROM ${PROGRAM} AS program

# In front of several replicas. The probe is ours: HAProxy's image has none that speaks gRPC.
FROM ${HAPROXY_IMAGE} AS balancer
LABEL org.opencontainers.image.title="speechtag-balancer"
COPY --from=program /speechtag /usr/local/bin/speechtag
COPY deploy/haproxy/haproxy.cfg /usr/local/etc/haproxy/haproxy.cfg
USER 65532:65532
EXPOSE 50051 9101
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/usr/local/bin/speechtag", "healthcheck"]

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="speechtag" \
      org.opencontainers.image.description="Tags Chinese official texts over gRPC 公文讲话标注服务" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=program /speechtag /speechtag
# Not as variables, which would win over an operator's file.
COPY deploy/image.toml /image.toml
ENV SPEECHTAG_DEFAULTS=/image.toml
USER 65532:65532
EXPOSE 50051 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/speechtag", "healthcheck"]
ENTRYPOINT ["/speechtag"]
CMD ["serve"]
