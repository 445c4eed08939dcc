// Swagger UI for the API document.  It logs in as the public client `docs`.
window.ui = SwaggerUIBundle({
	url: "openapi.json",
	dom_id: "#ui",
	deepLinking: true,
	displayRequestDuration: true,
	tryItOutEnabled: true,
	defaultModelsExpandDepth: 0,
	validatorUrl: null,
	presets: [SwaggerUIBundle.presets.apis],
	layout: "BaseLayout",
});
window.ui.initOAuth({ clientId: "docs" });
