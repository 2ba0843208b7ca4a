// Shows the document beside this page. Nothing is asked of any other host: no validator, no fonts.
"use strict";

window.ui = SwaggerUIBundle({
    url: "openapi.yml",
    dom_id: "#page",
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    validatorUrl: null,
    // What an address says of the page must not make it show somebody else's document.
    queryConfigEnabled: false,
    // A token that was typed in is forgotten with the page.
    persistAuthorization: false,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    tryItOutEnabled: true,
});
