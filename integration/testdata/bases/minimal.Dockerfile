# A small image of another make, as Chainguard's: Python where it wants, no shell,
# a user that is not root.
FROM python:3.13-slim AS build
RUN cd / && mkdir -p opt/python && mv usr/local/bin usr/local/lib opt/python/ && sed -i 's,ID=debian,ID=wolfi,' etc/os-release \
    && echo /opt/python/lib > etc/ld.so.conf.d/python.conf && ldconfig \
    && rm -rf var/lib/dpkg var/lib/apt etc/apt usr/bin/apt* usr/bin/dpkg* bin/sh bin/bash bin/dash usr/bin/perl*

FROM scratch
COPY --from=build / /
ENV PATH=/opt/python/bin:/usr/bin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532
ENTRYPOINT ["python3"]
