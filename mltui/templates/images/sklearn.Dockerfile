# Trains models of tables with scikit-learn.
ARG BASE_IMAGE=python:3.11-slim
FROM ${BASE_IMAGE}
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PYTHONPATH=/opt/mltui PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.txt /opt/mltui/requirements.txt
RUN pip install --no-cache-dir -r /opt/mltui/requirements.txt
COPY mltui /opt/mltui/mltui
RUN chmod -R a+rX /opt/mltui && python -m compileall -q /opt/mltui/mltui
