# The services of one lock: docker buildx bake
group "default" {
  targets = ["service"]
}

target "service" {
  name       = service
  matrix     = { service = ["api", "worker"] }
  context    = "."
  dockerfile = "pybuild.${service}.toml"
  secret     = ["id=UV_INDEX_CORP_USERNAME", "id=UV_INDEX_CORP_PASSWORD"]
  tags       = ["shop-${service}:latest"]
}
