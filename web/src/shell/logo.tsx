export function Logo({ className = "size-6" }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      <rect width="32" height="32" rx="8" className="fill-ink" />
      <path
        d="M20.6 11.3A6.6 6.6 0 1 0 20.6 20.7"
        fill="none"
        className="stroke-canvas"
        strokeWidth="3"
        strokeLinecap="round"
      />
      <circle cx="22.5" cy="16" r="2.6" fill="#7f7dff" />
    </svg>
  );
}
