import type { Effort } from "../api/types";

export const EFFORTS: Record<Effort, string> = {
  low: "Low",
  medium: "Medium",
  high: "High",
  xhigh: "Very high",
  max: "Most",
};
