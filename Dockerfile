# 国内构建可用镜像站:--build-arg IMAGE_PREFIX=镜像站/ --build-arg PIP_INDEX_URL=索引地址
# Behind a mirror: --build-arg IMAGE_PREFIX=mirror/ --build-arg PIP_INDEX_URL=address
ARG IMAGE_PREFIX=
FROM ${IMAGE_PREFIX}library/python:3.11-slim

ARG PIP_INDEX_URL=
WORKDIR /app
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

COPY requirements.lock ./
RUN pip install --require-hashes ${PIP_INDEX_URL:+--index-url "$PIP_INDEX_URL"} -r requirements.lock

COPY pyproject.toml config.yaml ./
COPY hub ./hub
COPY devices ./devices

# 非 root 用户;/data 归它 an ordinary user, who owns /data
RUN useradd --uid 10001 --create-home hub && install -d -o hub -g hub /data
USER hub
VOLUME /data
EXPOSE 8080

HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]

ENTRYPOINT ["python", "-m", "hub"]
CMD ["run", "--config", "/app/config.yaml"]
