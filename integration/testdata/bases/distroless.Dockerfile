# What gcr.io/distroless/python3-debian12 is: Debian's own Python, and neither a shell
# nor a package manager. What is installed stands in a file for each package, without its status;
# /usr/share/packages is what dpkg said.
FROM python:3.13-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 \
    && mkdir /status && dpkg-query -W -f '${Package}=${Version}\n' > /usr/share/packages \
    && for p in $(dpkg-query -W -f '${Package}\n'); do dpkg-query -s $p | grep -v ^Status: > /status/$p && : > /status/$p.md5sums; done \
    && cd / && rm -rf usr/local/* var/lib/dpkg var/lib/apt var/cache etc/apt usr/bin/apt* usr/bin/dpkg* usr/share/doc bin/sh bin/bash bin/dash usr/bin/perl* \
    && mkdir var/lib/dpkg && mv status var/lib/dpkg/status.d

FROM scratch
COPY --from=build / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532
ENTRYPOINT ["/usr/bin/python3"]
