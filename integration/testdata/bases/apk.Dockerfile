# What apk writes down of an image, on a Python that is not Alpine's own.
FROM python:3.13-slim
RUN rm -rf /var/lib/dpkg /usr/bin/apt* /usr/bin/dpkg* && printf 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME="Alpine Linux v3.22"\n' > /etc/os-release
COPY apk.installed /lib/apk/db/installed
