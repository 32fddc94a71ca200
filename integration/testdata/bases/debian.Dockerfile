# An image that got Python from its distribution, as those of CUDA do: Debian's own,
# which looks for packages in other directories than everybody else's.
FROM python:3.13-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 && cd / && rm -rf usr/local/* var/lib/apt/lists/*

FROM scratch
COPY --from=build / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt CUDA_VERSION=12.8.0
