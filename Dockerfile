# The frontend image: one static binary that BuildKit runs for `# syntax=`.
# Compilers run on the builder's own platform and cross-compile for the target.
FROM --platform=$BUILDPLATFORM golang:1.26.8@sha256:9d2f36f06329b2a141b9db99ffa32765cf695ee57b813ca29e245e8670bcbfff AS build
WORKDIR /src
ARG GOPROXY GOSUMDB GONOSUMDB GOPRIVATE GOFLAGS
ARG VERSION=dev
ARG TARGETOS TARGETARCH
# The optional secret is the CA bundle of a network that inspects TLS.
RUN --mount=type=bind,target=. \
    --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /pybuild ./cmd/frontend

FROM scratch
LABEL org.opencontainers.image.title="pybuild" \
      org.opencontainers.image.description="A BuildKit frontend that builds images of Python projects" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/pybuild/pybuild" \
      moby.buildkit.frontend.network.none="true" \
      moby.buildkit.frontend.caps="moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts,moby.buildkit.frontend.gitquerystring"
COPY --from=build /pybuild /pybuild
ENTRYPOINT ["/pybuild"]
