# A Python on musl, as python:3.11-alpine has it, for machines that no registry
# is in reach of. It has no apk.
FROM python:3.13-slim AS build
RUN sed -i 's/^Types: deb$/Types: deb deb-src/' /etc/apt/sources.list.d/*.sources 2>/dev/null; \
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list > /etc/apt/sources.list.d/sources.list 2>/dev/null; \
    apt-get update && apt-get install -y --no-install-recommends make musl-tools gcc libc6-dev xz-utils
WORKDIR /src
RUN apt-get source --download-only --tar-only python3.11 && tar --extract --strip-components=1 --file python3.11_*.orig.tar.*
RUN printf '#!/bin/sh\ncase "$*" in *-print-multiarch) echo %s-linux-musl; exit;; esac\nexec musl-gcc "$@"\n' $(uname -m) > /usr/bin/musl-cc && chmod +x /usr/bin/musl-cc \
    && CC=musl-cc ./configure -q --build=$(uname -m)-linux-musl --disable-test-modules --without-ensurepip --without-static-libpython \
    && make -s -j4 && make -s install DESTDIR=/out \
    && rm -rf /out/usr/local/lib/python3.11/test && find /out -name __pycache__ -prune -exec rm -rf {} + \
    && mkdir -p /out/lib /out/tmp /out/etc && chmod 1777 /out/tmp && cp -L /lib/ld-musl-*.so.1 /out/lib/ \
    && echo 'ID=alpine' > /out/etc/os-release && echo 'root:x:0:0:root:/root:/bin/sh' > /out/etc/passwd && echo 'root:x:0:' > /out/etc/group

FROM scratch
COPY --from=build /out/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin PYTHON_VERSION=3.11.2 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
CMD ["python3"]
