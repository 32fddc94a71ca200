"""A WSGI application behind gunicorn, whose workers fit the container."""

import os

from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/health")
def health():
    return jsonify(status="ok", worker=os.getpid())
