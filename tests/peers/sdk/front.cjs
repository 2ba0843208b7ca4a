// What stands in front of the daemon in an installation, in miniature: it ends TLS, takes the prefix
// /api/auth off, and tells the daemon about the client. The SDK speaks to nothing else.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');

const PREFIX = '/api/auth';

/**
 * Serves on a free port of the loopback until closed.
 *
 * @param {number} port where the daemon listens
 * @returns {Promise<{host: string, close: () => void}>} `host` is what the SDK calls a server
 */
exports.start = (port) => new Promise((resolve, reject) => {
  const front = https.createServer({
    cert: fs.readFileSync(process.env.FRONT_CERTIFICATE),
    key: fs.readFileSync(process.env.FRONT_KEY),
  }, (request, response) => {
    if (!request.url.startsWith(`${PREFIX}/`)) {
      response.writeHead(404).end();
      return;
    }
    const behind = http.request({
      host: '127.0.0.1',
      port,
      method: request.method,
      path: request.url.slice(PREFIX.length),
      headers: {
        ...request.headers,
        'x-script-name': PREFIX,
        'x-forwarded-for': request.socket.remoteAddress,
        'x-forwarded-proto': 'https',
      },
    }, (answer) => {
      response.writeHead(answer.statusCode, { ...answer.headers, 'x-powered-by': 'wazo-auth' });
      answer.pipe(response);
    });
    behind.on('error', (error) => response.destroy(error));
    request.pipe(behind);
  });
  front.on('error', reject);
  front.listen(0, '127.0.0.1', () => resolve({
    host: `localhost:${front.address().port}`,
    close: () => {
      front.close();
      front.closeAllConnections();
    },
  }));
});
