"use strict";
// Loaded before a server that knows no address to listen at but all of them: it shall be heard on this machine only.
const { Server } = require("net");
const listen = Server.prototype.listen;

Server.prototype.listen = function (where, ...rest) {
  const place = typeof where === "object" ? where : { port: Number(where) };
  return listen.call(this, { ...place, host: "127.0.0.1" }, ...rest.filter((one) => typeof one === "function"));
};
