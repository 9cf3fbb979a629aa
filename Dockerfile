# docker build -t lga . && docker run --rm -v "$PWD/outputs:/lga/outputs" lga dataset=digits attention=lga
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends make git && rm -rf /var/lib/apt/lists/*
WORKDIR /lga
COPY . .
RUN make install
ENTRYPOINT [".venv/bin/lga"]
