"""The words of the gateway's file, with gaps that `gateway.render` fills."""

from __future__ import annotations

FAILURES = {
    400: ("not_http", "the request is not valid HTTP"),
    408: ("too_slow", "the request did not arrive in time"),
    500: ("gateway_failed", "a fault of the gateway"),
    502: ("server_failed", "the server broke off before it had answered"),
    503: ("no_server", "no server is in service here"),
    504: ("server_late", "the server did not answer in time"),
}

CONFIG = """\
global
    stats socket unix@{environment}/{admin} mode {admin_mode} level admin
    stats timeout 10s
    log stderr format raw daemon notice
    nbthread {threads}
    fd-hard-limit 20000
    hard-stop-after 30s
{global_lines}
defaults
    mode http
    log global
    timeout connect 2s
    timeout client 30s
    timeout server 60s
    timeout http-request 10s
    timeout http-keep-alive 30s
    timeout queue 5s
    timeout check 3s
    retries 3
    option redispatch
{default_lines}
{metrics}listen {environment}
    bind {listen}{tls}
{balance}
    option httpchk GET /ready
    http-check expect status 200
    http-request set-var(txn.request_id) req.fhdr(x-request-id)
    http-request set-var(txn.request_id) uuid() unless {{ var(txn.request_id) -m reg ^[A-Za-z0-9._-]{{1,64}}$ }}
    http-request set-header x-request-id %[var(txn.request_id)]
{token}    http-request return status 404 content-type application/json string '{not_found}' \
if {{ path,url_dec -m str /metrics }} !{{ var(txn.asked_server) -m found }}
    use-server %[var(txn.asked_server)] if {{ var(txn.asked_server) -m found }}
    http-response return status 404 content-type application/json string '{not_found}' \
if {{ var(txn.asked_server) -m found }} !{{ srv_name,strcmp(txn.asked_server) eq 0 }}
{failures}
{servers}
"""
NOT_FOUND = '{"error":{"code":"not_found","message":"there is nothing here"}}'
# What the servers count is asked for by the server's name, and nothing else goes through here. Where there is no such
# server, or it is down, another one is asked all the same; its answer is kept back.
METRICS = """\
frontend {environment}-metrics
    bind {listen}
    http-request use-service prometheus-exporter if {{ path /metrics }}
    http-request set-var(txn.asked_server) path,field(3,/) if {{ path_reg ^/metrics/d[0-9]+[.][1-9]$ }}
    http-request return status 404 content-type application/json string '{not_found}' \
unless {{ var(txn.asked_server) -m found }}
    http-request set-path /metrics
    use_backend {environment}

"""
FAILURE = (
    "    http-error status {status} content-type application/json"
    ' lf-string \'{{"error":{{"code":"{code}","message":"{message}"}},"request_id":"%[var(txn.request_id)]"}}\''
    " hdr x-request-id %[var(txn.request_id)]"
)

TLS = " ssl crt {certificate} ssl-min-ver TLSv1.2 alpn http/1.1"
# The header is compared by its hash: the file holds no word that opens anything, and no answer is early by a letter.
# Its scheme may be written in any letters (RFC 9110, 11.1).
TOKEN = """\
    http-request return status 401 content-type application/json \
lf-string '{{"error":{{"code":"no_token","message":"send the token of this endpoint: Authorization: Bearer TOKEN"}},\
"request_id":"%[var(txn.request_id)]"}}' hdr www-authenticate Bearer hdr x-request-id %[var(txn.request_id)] \
unless {{ req.fhdr(authorization),regsub("^bearer +","Bearer ",i),sha2(256),hex -m str {hash} }} \
|| {{ var(txn.asked_server) -m found }}
    http-request del-header authorization
"""
