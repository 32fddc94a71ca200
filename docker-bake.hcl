# The frontend image: `docker buildx bake` builds it for this machine, and
# `VERSION=v1.2.3 docker buildx bake release --push` publishes it for all platforms.

variable "IMAGE" {
  default = "org/pybuild"
}

variable "VERSION" {
  default     = "dev"
  description = "v1.2.3, v1.2.3-rc.1 or dev"
  validation {
    condition     = VERSION == "dev" || length(regexall("^v[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$", VERSION)) == 1
    error_message = "VERSION is neither dev nor such as v1.2.3 or v1.2.3-rc.1."
  }
}

# A release moves the tags of its minor and major version and the one that a first line
# without a tag means; a candidate moves none.
function "tags" {
  params = [image, version]
  result = length(regexall("^v[0-9]+\\.[0-9]+\\.[0-9]+$", version)) == 0 ? ["${image}:${version}"] : [
    "${image}:${version}",
    "${image}:${regex("^v[0-9]+\\.[0-9]+", version)}",
    "${image}:${regex("^v[0-9]+", version)}",
    "${image}:latest",
  ]
}

group "default" {
  targets = ["image"]
}

target "image" {
  context    = "."
  dockerfile = "Dockerfile"
  args       = { VERSION = VERSION }
  tags       = tags(IMAGE, VERSION)
  labels     = { "org.opencontainers.image.version" = VERSION }
}

# With SOURCE_DATE_EPOCH set, the same sources give the same image of each platform; the provenance says when.
target "release" {
  inherits  = ["image"]
  platforms = ["linux/amd64", "linux/arm64"]
  output    = ["type=image,rewrite-timestamp=true"]
  attest    = ["type=sbom", "type=provenance,mode=max"]
}
