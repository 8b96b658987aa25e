# Stored results of R's survival::coxph: run `Rscript make_survival.R` in this folder (Debian: r-cran-survival, r-cran-jsonlite).
# Unpenalised fits and ridge fits (theta / 2 * sum b^2 beside the log partial likelihood), ties by Breslow and Efron,
# strata, (start, stop] times, weights, offset. All data are rounded, so that the JSON holds exactly what coxph saw.
library(survival)
library(jsonlite)

set.seed(5)
n <- 80; p <- 4
X <- round(matrix(rnorm(n * p), n, p), 3)
eta <- as.numeric(X %*% c(0.8, -0.5, 0, 0.3))
time <- ceiling(12 * rexp(n, exp(eta))) / 4 + 0.25           # heavy ties
event <- rbinom(n, 1, 0.7)
start <- round(time * runif(n, 0, 0.8) * 4) / 4; start[start >= time] <- 0
stratum <- rep(1:3, length.out = n)
w <- round(runif(n, 0.2, 3), 3); o <- round(rnorm(n, sd = 0.5), 3)
frame <- data.frame(X = I(X), time, event, start, stratum, w, o)
control <- coxph.control(eps = 1e-14, iter.max = 200, toler.chol = 1e-15)

outcomes <- list(plain = "Surv(time, event)", late = "Surv(start, time, event)")
extras <- list(none = "", strata = " + strata(stratum)", offset = " + offset(o)")
fits <- list()
for (ties in c("breslow", "efron")) for (late in names(outcomes)) for (extra in names(extras))
  for (weighted in c(FALSE, TRUE)) for (theta in c(0, 5)) {
    terms <- if (theta == 0) "X" else paste0("ridge(X, theta = ", theta, ", scale = FALSE)")
    model <- as.formula(paste0(outcomes[[late]], " ~ ", terms, extras[[extra]]))
    base <- list(formula = model, data = frame, ties = ties, control = control)
    if (weighted) base$weights <- w
    fit <- do.call(coxph, base)
    # coxph's own score at its ridge solution must be theta * b. It is not for Efron, (start, stop] and weights together
    # (survival 3.5-3: off by 3 to 5): those fits are left out.
    free <- base; free$formula <- as.formula(paste0(outcomes[[late]], " ~ X", extras[[extra]]))
    free$init <- unname(as.numeric(coef(fit))); free$control <- coxph.control(iter.max = 0)
    score <- colSums(residuals(suppressWarnings(do.call(coxph, free)), "score", weighted = TRUE))
    off <- max(abs(score - theta * coef(fit)))
    if (off > 1e-4) { cat("left out:", ties, late, extra, weighted, theta, "off by", off, "\n"); next }
    fits[[length(fits) + 1]] <- list(ties = ties, late = late == "late", strata = extra == "strata",
      offset = extra == "offset", weighted = weighted, theta = theta, coef = unname(as.numeric(coef(fit))),
      loglik = fit$loglik[length(fit$loglik)])
  }
write_json(list(survival = as.character(packageVersion("survival")), X = X, time = time, event = event, start = start,
                stratum = stratum, weight = w, offset = o, fits = fits),
           "survival.json", digits = I(16), auto_unbox = TRUE)
