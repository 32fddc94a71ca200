# What gcr.io/distroless/python3-debian12 is: Debian's own Python, and neither a shell
# nor a package manager.
FROM python:3.13-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 \
    && cd / && rm -rf usr/local/* var/lib/dpkg var/lib/apt var/cache etc/apt usr/bin/apt* usr/bin/dpkg* usr/share/doc bin/sh bin/bash bin/dash usr/bin/perl*

FROM scratch
COPY --from=build / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532
ENTRYPOINT ["/usr/bin/python3"]
