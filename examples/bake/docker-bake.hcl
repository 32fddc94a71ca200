# One project, three images of the same layers: docker buildx bake
group "default" {
  targets = ["shop"]
}

target "shop" {
  name       = "shop-${process}"
  matrix     = { process = ["runtime", "worker", "report"] }
  context    = "."
  dockerfile = "pybuild.toml"
  target     = process
  tags       = ["shop-${process}:latest"]
}
